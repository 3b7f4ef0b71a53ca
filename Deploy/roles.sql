-- The roles of a Yonjo database, and the database itself. Run once as a superuser; running it again changes nothing but passwords.
--
--   psql -v ON_ERROR_STOP=1 -f Deploy/roles.sql
--
-- Environment (all optional): YONJO_DATABASE_NAME (default yonjo), and YONJO_{OWNER,APP,JOBS,OPERATOR,READER}_PASSWORD. Without a password a role
-- can log in by certificate, peer or GSSAPI only, as pg_hba.conf says.
--
--   yonjo_owner     owns the schema, migrates; the serving process never connects as it
--   yonjo_app       answers requests; row-level security is forced on it
--   yonjo_jobs      sweeps, queues, exports
--   yonjo_operator  tenants, clients, keys
--   yonjo_reader    audit; read-only
-- No role is a superuser, none bypasses row-level security. What each may touch is granted in Migrations/, beside the tables.
\set QUIET on
SET client_min_messages = warning;
SET log_min_messages = fatal;
SET log_statement = 'none';
SET log_min_duration_statement = -1;

SELECT format('CREATE ROLE %I LOGIN', role)
FROM unnest(ARRAY['yonjo_owner', 'yonjo_app', 'yonjo_jobs', 'yonjo_operator', 'yonjo_reader']) AS role
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role) \gexec

ALTER ROLE yonjo_owner LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS CREATEDB;
ALTER ROLE yonjo_app LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS NOCREATEDB;
ALTER ROLE yonjo_jobs LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS NOCREATEDB;
ALTER ROLE yonjo_operator LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS NOCREATEDB;
ALTER ROLE yonjo_reader LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS NOCREATEDB;
ALTER ROLE yonjo_reader SET default_transaction_read_only = on;
-- Requests are short statements that come again and again: compiling one takes longer than running it, and workers beside it take the processors of others.
ALTER ROLE yonjo_app SET jit = off;
ALTER ROLE yonjo_app SET max_parallel_workers_per_gather = 0;
ALTER ROLE yonjo_jobs SET jit = off;
-- What a long list is joined by differs from row to row (digests of tags): remembering each costs as much as looking for it.
ALTER ROLE yonjo_app SET enable_memoize = off;
ALTER ROLE yonjo_jobs SET enable_memoize = off;
ALTER ROLE yonjo_operator SET jit = off;

-- From the environment, not from the command line, which other users could read. Sent as SCRAM verifiers by the server's own setting.
SET password_encryption = 'scram-sha-256';
\getenv owner_password YONJO_OWNER_PASSWORD
\getenv app_password YONJO_APP_PASSWORD
\getenv jobs_password YONJO_JOBS_PASSWORD
\getenv operator_password YONJO_OPERATOR_PASSWORD
\getenv reader_password YONJO_READER_PASSWORD
\if :{?owner_password}
ALTER ROLE yonjo_owner PASSWORD :'owner_password';
\endif
\if :{?app_password}
ALTER ROLE yonjo_app PASSWORD :'app_password';
\endif
\if :{?jobs_password}
ALTER ROLE yonjo_jobs PASSWORD :'jobs_password';
\endif
\if :{?operator_password}
ALTER ROLE yonjo_operator PASSWORD :'operator_password';
\endif
\if :{?reader_password}
ALTER ROLE yonjo_reader PASSWORD :'reader_password';
\endif

\set database yonjo
\getenv database YONJO_DATABASE_NAME
SELECT format('CREATE DATABASE %I OWNER yonjo_owner ENCODING ''UTF8'' TEMPLATE template0', :'database')
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO yonjo_app, yonjo_jobs, yonjo_operator, yonjo_reader;
