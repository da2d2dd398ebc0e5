#include "statements.h"

const struct pp_pg_stmt receive_statements[] = {
    {RCV_SELECT_MESSAGES, "select m.tenant, m.sender, m.message_id, m.hash, m.read_until from unnest($1::text[], "
                          "$2::text[], $3::text[]) u(t, s, i)"
                          " join message m on m.tenant = u.t and m.sender = u.s and m.message_id = u.i"},
    {RCV_SELECT_REGISTRY,
     "with recursive k as materialized (select i.tenant, i.kind, i.authority, i.value, i.person"
     " from unnest($1::text[], $2::int2[], $3::text[], $4::text[]) u(t, k, a, v)"
     " join identifier i on i.tenant = u.t and i.kind = u.k and i.authority = u.a and i.value = u.v),"
     " p as (select q.tenant, q.person, q.survivor, q.birth_date, q.sex, q.family, q.provisional"
     " from (select distinct tenant, person from k) known join person q using (tenant, person)"
     " union select q.tenant, q.person, q.survivor, q.birth_date, q.sex, q.family, q.provisional"
     " from p join person q on q.tenant = p.tenant and q.person = p.survivor)"
     " select 0::int2, tenant, person, null::uuid, null::date, kind, authority, value, false from k"
     " union all select 1::int2, tenant, person, survivor, birth_date, 0::int2, sex, family, provisional from p"
     " union all select 2::int2, p.tenant, p.person, null, null, 0::int2, s.what, s.hash, false"
     " from p join said s using (person)"},
    {RCV_INSERT_MESSAGES, "insert into message (tenant, person, home, sender, message_id, hash, format, type, state, "
                          "reason, received_at, facts, raw, read_until)"
                          " select * from unnest($1::text[], $2::uuid[], $3::int2[], $4::text[], $5::text[], "
                          "$6::text[], $7::text[], $8::text[],"
                          " $9::text[], $10::text[], $11::timestamptz[], $12::int4[], $13::bytea[], $14::int8[])"},
    /* a unique violation is a lost race with another partition: the batch is taken again and then finds the person */
    {RCV_INSERT_IDENTIFIERS,
     "insert into identifier (tenant, person, home, kind, authority, value)"
     " select * from unnest($1::text[], $2::uuid[], $3::int2[], $4::int2[], $5::text[], $6::text[])"},
    {RCV_UPSERT_PERSONS,
     "insert into person as p (tenant, person, home, survivor, birth_date, sex, family, provisional)"
     " select * from unnest($1::text[], $2::uuid[], $3::int2[], $4::uuid[], $5::date[], $6::text[], $7::text[], "
     "$8::bool[])"
     " on conflict (tenant, person) do update set survivor = coalesce(excluded.survivor, p.survivor),"
     " birth_date = coalesce(p.birth_date, excluded.birth_date), sex = case when p.sex = '' then excluded.sex else "
     "p.sex end,"
     " family = case when p.family = '' then excluded.family else p.family end,"
     " provisional = p.provisional and excluded.provisional"},
    {RCV_UPSERT_SAID, "insert into said (tenant, person, home, what, hash)"
                      " select * from unnest($1::text[], $2::uuid[], $3::int2[], $4::text[], $5::text[])"
                      " on conflict (person, what) do update set hash = excluded.hash"},
    {RCV_INSERT_ACKS,
     "insert into acknowledgement (tenant, person, home, sender, message_id, hash, made_at, ack_hash, size, "
     "transactions, accepted, warnings, notes, file_name, ack_id)"
     " select * from unnest($1::text[], $2::uuid[], $3::int2[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],"
     " $8::text[], $9::int4[], $10::int4[], $11::int4[], $12::int4[], $13::text[], $14::text[], $15::uuid[])"
     " on conflict (tenant, hash, sender, message_id) do nothing"},
    {RCV_SELECT_ACKS, "select a.ack_id, a.tenant, a.sender, a.file_name, a.ack_hash, a.made_at from acknowledgement a"
                      " where a.ack_id = any($1::uuid[]) and not a.written"},
    {RCV_UPDATE_ACKS, "update acknowledgement set written = true where ack_id = any($1::uuid[])"},
    {RCV_UPDATE_STEPS,
     "update message m set read_until = u.until, facts = m.facts + u.facts, refused = m.refused + u.refused,"
     " type = u.type, reason = case when m.reason = '' then u.reason else m.reason end,"
     " state = case when not u.last then m.state"
     "  when m.refused + u.refused = 0 then case when m.facts + u.facts = 0 then 'not_used' else 'used' end"
     "  when m.facts + u.facts = 0 then 'refused' else 'partly_refused' end"
     " from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int8[], $6::int4[], $7::int4[], $8::bool[],"
     " $9::text[], $10::text[]) u(tenant, sender, message_id, hash, until, facts, refused, last, reason, type)"
     " where m.tenant = u.tenant and m.sender = u.sender and m.message_id = u.message_id and m.hash = u.hash"},
    {RCV_SELECT_EARLY,
     "select distinct e.tenant, e.person, e.early_id, e.authority, e.value, e.type, e.body, e.told, null::uuid, "
     "e.looked, e.came from unnest($1::text[], $2::text[], $3::text[]) u(t, a, v)"
     " join early e on e.tenant = u.t and e.authority = u.a and e.value = u.v order by e.came desc, e.early_id desc"},
    {RCV_SELECT_EARLY_DUE,
     "select e.tenant, e.person, e.early_id, e.authority, e.value, e.type, e.body, e.told, i.person, e.looked"
     " from unnest($1::uuid[]) u(id) join early e on e.early_id = u.id"
     " left join identifier i on i.tenant = e.tenant and i.kind = 6 and i.authority = e.authority"
     " and i.value = e.value"},
    {RCV_INSERT_EARLY,
     "insert into early (tenant, person, home, early_id, authority, value, type, body, came)"
     " select * from unnest($1::text[], $2::uuid[], $3::int2[], $4::uuid[], $5::text[], $6::text[], $7::text[],"
     " $8::text[], $9::timestamptz[])"},
    {RCV_CHANGE_EARLY,
     "with u as (select * from unnest($1::uuid[], $2::bool[], $3::bool[], $4::bool[]) x(id, gone, told, looked)),"
     " d as (delete from early e using u where e.early_id = u.id and u.gone)"
     " update early e set told = u.told, looked = u.looked from u where e.early_id = u.id and not u.gone"},
    {NULL, NULL},
};
