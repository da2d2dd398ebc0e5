-- Roles and schemas: pp_owner makes tables (migrations), pp_<schema> changes rows of its own schema only,
-- pp_<schema>_read sees what row-level security lets it see. Run by the superuser in the database priorpath; can be
-- run again at any time. From the environment: PP_SCHEMAS (names parted by blanks), PP_ROLE_PASSWORDS (JSON, role ->
-- password). Which tables a reading role may see is granted by the migrations, table by table, with their policies.
\getenv schemas PP_SCHEMAS
\getenv passwords PP_ROLE_PASSWORDS
\if :{?schemas}
\else
\echo 'roles.sql: PP_SCHEMAS and PP_ROLE_PASSWORDS must be set'
\quit
\endif
-- A failing statement must not put a password into the server's log.
set log_min_error_statement = panic;
set log_min_duration_statement = -1;

select format('create role %I login', key) from json_each_text(:'passwords'::json)
where not exists (select from pg_roles where rolname = key)
\gexec
select format('alter role %I login nosuperuser nocreatedb nocreaterole noinherit noreplication nobypassrls password %L', key, value)
from json_each_text(:'passwords'::json)
\gexec

revoke all on database priorpath from public;
revoke all on schema public from public;
grant connect, create on database priorpath to pp_owner;

create temporary table wanted as
select s as schema, 'pp_' || s as writer, 'pp_' || s || '_read' as reader
from unnest(string_to_array(trim(:'schemas'), ' ')) s;

select format('grant connect on database priorpath to %I, %I', writer, reader) from wanted
\gexec
select format('create schema if not exists %I authorization pp_owner', schema) from wanted
\gexec
select format('grant usage on schema %I to %I, %I', schema, writer, reader) from wanted
\gexec
-- Rows that exist, and those of migrations to come.
select format('grant select, insert, update, delete on all tables in schema %I to %I', schema, writer) from wanted
\gexec
select format('grant usage, select on all sequences in schema %I to %I', schema, writer) from wanted
\gexec
select format('alter default privileges for role pp_owner in schema %I grant select, insert, update, delete on tables to %I',
              schema, writer) from wanted
\gexec
select format('alter default privileges for role pp_owner in schema %I grant usage, select on sequences to %I', schema, writer)
from wanted
\gexec
select format('alter role %I in database priorpath set search_path = %I', r, schema) from wanted, unnest(array[writer, reader]) r
\gexec
-- A reader that hangs holds back the clean-up of old rows for everybody.
select format('alter role %I in database priorpath set statement_timeout = %L', reader, '10s') from wanted
\gexec
select format('alter role %I in database priorpath set idle_in_transaction_session_timeout = %L', reader, '15s') from wanted
\gexec
