#include "statements.h"

const struct pp_pg_stmt receive_statements[] = {
    {RCV_SELECT_MESSAGES,
     "select m.tenant, m.sender, m.message_id, m.hash from unnest($1::text[], $2::text[], $3::text[]) u(t, s, i)"
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
                          "reason, received_at, facts, raw)"
                          " select * from unnest($1::text[], $2::uuid[], $3::int2[], $4::text[], $5::text[], "
                          "$6::text[], $7::text[], $8::text[],"
                          " $9::text[], $10::text[], $11::timestamptz[], $12::int4[], $13::bytea[])"},
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
    {NULL, NULL},
};
