-- Tenants, their services, clients and keys; the platform's keys. Law 3 (tenant first) and law 10 (keys live outside the database).

-- The tenant of the running unit of work; null outside one, so that every policy below fails closed.
create function yonjo_tenant() returns uuid language sql stable parallel safe
  as $$ select nullif(current_setting('yonjo.tenant_id', true), '')::uuid $$;

create table tenants (
  tenant_id uuid primary key,
  name text not null check (length(name) between 1 and 200),
  verifier_status text not null default 'notVerifier' check (verifier_status in ('notVerifier', 'deemedVerifier')),
  sandbox boolean not null default false,
  revocation_policy text not null default 'ocspThenCrl' check (revocation_policy in ('crl', 'ocsp', 'ocspThenCrl')),
  registered_key jsonb,
  created_at timestamptz not null,
  suspended_at timestamptz
);
comment on column tenants.registered_key is 'public JWK of the tenant, to which its edge keys are handed over as JWE';

create table services (
  tenant_id uuid not null references tenants,
  service_id text not null check (length(service_id) between 1 and 64),
  jlis_service_id text not null check (length(jlis_service_id) between 1 and 64),
  name text not null check (length(name) between 1 and 200),
  created_at timestamptz not null,
  primary key (tenant_id, service_id)
);

create table clients (
  tenant_id uuid not null references tenants,
  client_id text not null check (length(client_id) between 8 and 64),
  name text not null check (length(name) between 1 and 200),
  scopes text[] not null,
  origins text[] not null,
  keys jsonb not null,
  created_at timestamptz not null,
  revoked_at timestamptz,
  primary key (tenant_id, client_id)
);
create index clients_by_client_id on clients (client_id);
comment on column clients.keys is 'public JWK set for private_key_jwt';

create table tenant_keys (
  tenant_id uuid not null references tenants,
  purpose text not null check (purpose in ('edge', 'pepper', 'serialIndex', 'sealing')),
  version integer not null check (version > 0),
  wrapped bytea not null,
  fingerprint text not null,
  created_at timestamptz not null,
  not_after timestamptz,
  retired_at timestamptz,
  primary key (tenant_id, purpose, version)
);

create table platform_keys (
  purpose text not null check (purpose in ('token', 'receipt', 'envelope', 'checkpoint', 'session', 'fingerprint')),
  version integer not null check (version > 0),
  wrapped bytea not null,
  public_jwk jsonb,
  created_at timestamptz not null,
  retired_at timestamptz,
  primary key (purpose, version)
);

create table leases (
  name text primary key,
  holder uuid not null,
  held_until timestamptz not null
);

create table revocation_lists (
  kind text not null check (kind in ('signing', 'authentication')),
  issuer_key_id bytea not null,
  number bigint not null,
  this_update timestamptz not null,
  next_update timestamptz not null,
  entries bigint not null,
  installed_at timestamptz not null,
  primary key (kind, issuer_key_id)
);

alter table tenants enable row level security;
alter table tenants force row level security;
alter table services enable row level security;
alter table services force row level security;
alter table clients enable row level security;
alter table clients force row level security;
alter table tenant_keys enable row level security;
alter table tenant_keys force row level security;

create policy tenant_isolation on tenants using (tenant_id = yonjo_tenant()) with check (tenant_id = yonjo_tenant());
create policy operator_all on tenants to yonjo_operator using (true) with check (true);
create policy jobs_list on tenants for select to yonjo_jobs using (true);
create policy tenant_isolation on services using (tenant_id = yonjo_tenant()) with check (tenant_id = yonjo_tenant());
create policy tenant_isolation on clients using (tenant_id = yonjo_tenant()) with check (tenant_id = yonjo_tenant());
create policy tenant_isolation on tenant_keys using (tenant_id = yonjo_tenant()) with check (tenant_id = yonjo_tenant());

-- The door that looks before the tenant is known: client id in, tenant id out, and nothing else. It runs as the owner, whom only this policy lets through.
create policy door on clients for select to yonjo_owner using (true);
create function yonjo_client_tenant(wanted text) returns uuid
  language sql stable security definer set search_path = pg_catalog, public
  as $$ select tenant_id from public.clients where client_id = wanted and revoked_at is null limit 1 $$;
revoke all on function yonjo_client_tenant(text) from public;
grant execute on function yonjo_client_tenant(text) to yonjo_app;

revoke all on schema public from public;
grant usage on schema public to yonjo_app, yonjo_jobs, yonjo_operator, yonjo_reader;
grant select on tenants, services, clients, tenant_keys, platform_keys to yonjo_app, yonjo_jobs;
grant select, insert, update on tenants, services, clients, tenant_keys to yonjo_operator;
grant select, insert, update on platform_keys to yonjo_operator;
grant select, insert, update, delete on leases to yonjo_app, yonjo_jobs;
grant select, insert, update on revocation_lists to yonjo_app, yonjo_jobs, yonjo_operator;
grant select on yonjo_migrations to yonjo_app, yonjo_jobs, yonjo_operator, yonjo_reader;
