-- A tenant's own identity provider (OpenID Connect), by which its compliance staff may sign in to the console.

create table staff_providers (
  tenant_id uuid primary key references tenants,
  issuer text not null check (length(issuer) between 9 and 512),
  client_id text not null check (length(client_id) between 1 and 256),
  client_secret_sealed bytea,
  name_claim text not null check (length(name_claim) between 1 and 64),
  passwords_allowed boolean not null,
  changed_at timestamptz not null
);
comment on column staff_providers.client_secret_sealed is 'encrypted; null for a public client, which PKCE alone protects';
comment on column staff_providers.name_claim is 'the claim of an ID token in which an account''s name stands, the first time it signs in';

alter table staff_providers enable row level security;
alter table staff_providers force row level security;
create policy tenant_isolation on staff_providers using (tenant_id = yonjo_tenant()) with check (tenant_id = yonjo_tenant());

alter table staff add column provider_index bytea;
create unique index staff_by_provider on staff (tenant_id, provider_index) where provider_index is not null;
comment on column staff.provider_index is 'keyed digest of issuer and subject of the account at the provider; null until it signed in there';
alter table staff_sessions add column by_provider boolean not null default false;

grant select on staff_providers to yonjo_app;
grant select, insert, update, delete on staff_providers to yonjo_operator;
