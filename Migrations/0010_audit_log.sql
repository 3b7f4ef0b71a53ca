-- The audit log as a Merkle tree: one log for each tenant and month, kept in tiles, with signed checkpoints; exports of it; what each job did last.

-- Readers of the log go by (transaction, id) below the oldest running transaction, as those of events do: no late commit slips in behind them.
-- What stands there already takes the number of this migration, and its order from its ids.
alter table audit_events add column transaction_id xid8 not null default pg_current_xact_id();

create table audit_logs (
  tenant_id uuid not null,
  month text not null check (month ~ '^[0-9]{4}-[0-9]{2}$'),
  size bigint not null default 0 check (size >= 0),
  roots bytea not null default '' check (octet_length(roots) % 32 = 0),
  checkpoint text,
  last_transaction xid8 not null,
  last_event uuid not null,
  updated_at timestamptz not null,
  closed_at timestamptz,
  detached_at timestamptz,
  primary key (tenant_id, month)
);
comment on column audit_logs.roots is 'roots of the perfect subtrees, the largest first: all that is needed to append';
comment on column audit_logs.checkpoint is 'signed note over this size';
comment on column audit_logs.detached_at is 'events and tiles are gone; size and signed checkpoint stay as the anchor of the months after it';

create table audit_log_tiles (
  tenant_id uuid not null,
  month text not null,
  level smallint not null check (level between 0 and 7),
  tile bigint not null check (tile >= 0),
  hashes bytea not null check (octet_length(hashes) between 32 and 8192 and octet_length(hashes) % 32 = 0),
  events uuid[],
  first_transaction xid8,
  first_event uuid,
  first_at timestamptz,
  last_at timestamptz,
  primary key (tenant_id, month, level, tile),
  check ((level = 0) = (events is not null and first_transaction is not null and first_event is not null))
);
comment on column audit_log_tiles.events is 'which event each hash of level 0 is of';
-- Hashes do not compress.
alter table audit_log_tiles alter column hashes set storage external, alter column events set storage external;
create index audit_log_tiles_in_order on audit_log_tiles (tenant_id, first_transaction, first_event) where level = 0;

create table audit_checkpoints (
  tenant_id uuid not null,
  month text not null,
  size bigint not null,
  note text not null check (octet_length(note) <= 65536),
  kept_at timestamptz not null,
  time_stamp bytea check (octet_length(time_stamp) <= 65536),
  time_stamped_at timestamptz,
  primary key (tenant_id, month, size)
);
comment on table audit_checkpoints is 'checkpoints that were handed out, time-stamped, or last of their month';
comment on column audit_checkpoints.time_stamp is 'TimeStampResp (RFC 3161) in DER over the note';

create table audit_exports (
  tenant_id uuid not null,
  export_id uuid not null,
  client_id text not null,
  view text not null check (view in ('notVerifier', 'deemedVerifier')),
  format text not null check (format in ('ndjson', 'csv')),
  from_at timestamptz not null,
  to_at timestamptz not null,
  kinds text[] not null,
  state text not null check (state in ('waiting', 'running', 'done', 'failed', 'expired')),
  attempt integer not null default 0,
  taken_until timestamptz,
  covered bigint not null default 0,
  total bigint not null default 0,
  events bigint not null default 0,
  bytes bigint not null default 0,
  digest bytea,
  problem text,
  created_at timestamptz not null,
  finished_at timestamptz,
  expires_at timestamptz,
  primary key (tenant_id, export_id),
  check (from_at < to_at)
);
create index audit_exports_open on audit_exports (tenant_id, created_at) where state in ('waiting', 'running', 'done');

create table audit_export_chunks (
  tenant_id uuid not null,
  export_id uuid not null,
  first_byte bigint not null,
  content bytea not null,
  primary key (tenant_id, export_id, first_byte)
);
alter table audit_export_chunks alter column content set storage external;

alter table tenants add column audit_retention_months integer not null default 120 check (audit_retention_months between 12 and 600);
comment on column tenants.audit_retention_months is 'months for which audit events are kept after the end of their own; the bounds are the platform''s';

-- Of the platform, not of a tenant: what each job did last.
create table job_states (
  name text primary key check (length(name) between 1 and 64),
  ran_at timestamptz not null,
  succeeded_at timestamptz,
  items bigint not null default 0,
  problem text check (length(problem) <= 200)
);
comment on column job_states.items is 'how many it has worked on in all';
comment on column job_states.problem is 'why the last run failed; null where it did not';

do $$
declare t text;
begin
  foreach t in array array['audit_logs', 'audit_log_tiles', 'audit_checkpoints', 'audit_exports', 'audit_export_chunks'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant_isolation on %I using (tenant_id = yonjo_tenant()) with check (tenant_id = yonjo_tenant())', t);
  end loop;
end $$;

grant select on audit_logs, audit_log_tiles, audit_exports, audit_export_chunks to yonjo_app, yonjo_operator, yonjo_reader;
grant select, insert on audit_checkpoints to yonjo_app;
grant select on audit_checkpoints to yonjo_operator, yonjo_reader;
grant insert on audit_exports to yonjo_app;
grant select, insert, update on audit_logs, audit_log_tiles, audit_checkpoints, audit_exports to yonjo_jobs;
grant select, insert, delete on audit_export_chunks to yonjo_jobs;
grant select on job_states to yonjo_app, yonjo_operator, yonjo_reader;
grant select, insert, update on job_states to yonjo_jobs;

-- Doors for jobs that look before the tenant is known: tenant ids, and nothing else. They run as the owner, whom only these policies let through.
create policy door on tenants for select to yonjo_owner using (true);
create policy door on audit_events for select to yonjo_owner using (true);
create policy door on audit_logs for select to yonjo_owner using (true);
create policy door on audit_exports for select to yonjo_owner using (true);

-- Tenants with events that are not in their log yet: one look into an index for each tenant.
create function yonjo_audit_news() returns setof uuid
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select t.tenant_id from public.tenants t
    left join lateral (
      select l.last_transaction, l.last_event from public.audit_logs l where l.tenant_id = t.tenant_id order by l.month desc limit 1
    ) p on true
    where exists (
      select from public.audit_events e where e.tenant_id = t.tenant_id
        and (e.transaction_id, e.event_id) > (coalesce(p.last_transaction, '0'::xid8), coalesce(p.last_event, '00000000-0000-0000-0000-000000000000'::uuid))
    )
  $$;

-- Tenants with exports to be made, taken up again or cleared away.
create function yonjo_audit_exports_due(as_of timestamptz) returns setof uuid
  language sql stable security definer set search_path = pg_catalog, public
  as $$
    select distinct tenant_id from public.audit_exports
    where state = 'waiting' or (state = 'running' and taken_until <= as_of) or (state = 'done' and expires_at <= as_of)
  $$;

-- What no serving role may do otherwise: delete audit events. Of the tenant that is set, of a month that is closed, whose last checkpoint is kept, and
-- that is older than the tenant's retention; a few tiles a call. Returns how many tiles of events are left.
create function yonjo_detach_audit_month(wanted text, as_of timestamptz, at_most integer) returns bigint
  language plpgsql security definer set search_path = pg_catalog, public
  as $$
    declare
      retention integer;
      gone uuid[];
      place bigint;
    begin
      select t.audit_retention_months into retention from public.tenants t where t.tenant_id = public.yonjo_tenant();
      perform from public.audit_logs l where l.tenant_id = public.yonjo_tenant() and l.month = wanted and l.closed_at is not null
        and l.checkpoint is not null and (to_date(l.month, 'YYYY-MM')::timestamp + make_interval(months => retention + 1)) at time zone 'UTC' <= as_of;
      if not found then
        raise exception 'this month of the audit log is not to be detached' using errcode = '55000';
      end if;
      for place, gone in
        select x.tile, x.events from public.audit_log_tiles x
        where x.tenant_id = public.yonjo_tenant() and x.month = wanted and x.level = 0 order by x.tile limit least(at_most, 1000)
      loop
        delete from public.audit_events e where e.tenant_id = public.yonjo_tenant() and e.event_id = any(gone);
        delete from public.audit_log_tiles x where x.tenant_id = public.yonjo_tenant() and x.month = wanted and x.level = 0 and x.tile = place;
      end loop;
      select count(*) into place from public.audit_log_tiles x where x.tenant_id = public.yonjo_tenant() and x.month = wanted and x.level = 0;
      if place = 0 then
        delete from public.audit_log_tiles x where x.tenant_id = public.yonjo_tenant() and x.month = wanted;
        update public.audit_logs l set detached_at = as_of where l.tenant_id = public.yonjo_tenant() and l.month = wanted and l.detached_at is null;
      end if;
      return place;
    end
  $$;

revoke all on function yonjo_audit_news(), yonjo_audit_exports_due(timestamptz), yonjo_detach_audit_month(text, timestamptz, integer) from public;
grant execute on function yonjo_audit_news(), yonjo_audit_exports_due(timestamptz), yonjo_detach_audit_month(text, timestamptz, integer) to yonjo_jobs;
