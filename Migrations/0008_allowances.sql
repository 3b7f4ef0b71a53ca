-- How much tenants and clients may ask in a minute, and what of it the replicas have taken for the minute at hand.

alter table tenants
  add column look_ups_per_minute integer not null default 60000 check (look_ups_per_minute between 0 and 10000000),
  add column signatures_per_minute integer not null default 6000 check (signatures_per_minute between 0 and 10000000),
  add column evaluations_per_minute integer not null default 6000 check (evaluations_per_minute between 0 and 10000000);
alter table clients
  add column look_ups_per_minute integer check (look_ups_per_minute between 0 and 10000000),
  add column signatures_per_minute integer check (signatures_per_minute between 0 and 10000000),
  add column evaluations_per_minute integer check (evaluations_per_minute between 0 and 10000000);
comment on column clients.look_ups_per_minute is 'null: no allowance of its own, the tenant''s counts for all of its clients';

-- Unlogged: after a crash of the server the minute begins anew, and no request pays for a write to the log.
create unlogged table rate_windows (
  tenant_id uuid not null,
  bucket text not null,
  window_start timestamptz not null,
  taken bigint not null,
  primary key (tenant_id, bucket, window_start)
);
alter table rate_windows enable row level security;
alter table rate_windows force row level security;
create policy tenant_isolation on rate_windows using (tenant_id = yonjo_tenant()) with check (tenant_id = yonjo_tenant());
grant select, insert, update on rate_windows to yonjo_app;
grant select, delete on rate_windows to yonjo_jobs;
