-- Consents as an auditor asks for them (their selections, periods and counts), what jobs remind of, and the evidence envelopes.

-- Notices say whose they are, and what ISO/IEC TS 27560 asks of a record. Rows before this have none of it and stay as they were shown.
alter table notices
  add column controller jsonb,
  add column recipients text[] not null default '{}',
  add column storage_locations text[] not null default '{}',
  add column retention text,
  add column validity_start text not null default 'dayAfterConsent'
    check (validity_start in ('dayAfterConsent', 'consentDay', 'dayAfterReception'));
comment on column notices.controller is 'name, address, contact: as shown';
comment on column notices.validity_start is 'from when the validity is counted; the sources differ, so each notice says it';

-- What consents can be to: few a tenant, so that purpose, item and notice version are looked for here and not in every consent.
create table consent_selections (
  tenant_id uuid not null references tenants,
  selection_id uuid not null,
  service_id text not null,
  notice_id uuid not null,
  notice_version integer not null,
  purposes text[] not null,
  items text[] not null,
  primary key (tenant_id, selection_id)
);
comment on table consent_selections is 'the parts of notices that consents were given to, each once';

create function yonjo_selection(notice uuid, version integer, purposes text[], items text[]) returns uuid language sql stable parallel safe
  set search_path = pg_catalog, public
  as $$
    select encode(substr(sha256(convert_to(
      notice::text || '/' || version::text || '/'
        || coalesce((select string_agg(octet_length(p)::text || ':' || p, ',' order by p collate "C") from unnest(purposes) p), '') || '/'
        || coalesce((select string_agg(i, ',' order by i collate "C") from unnest(items) i), ''),
      'UTF8')), 1, 16), 'hex')::uuid
  $$;
create function yonjo_note_selection() returns trigger language plpgsql set search_path = pg_catalog, public
  as $$
begin
  if new.selection_id is null then
    new.selection_id := yonjo_selection(new.notice_id, new.notice_version, new.purposes, new.items);
    insert into consent_selections (tenant_id, selection_id, service_id, notice_id, notice_version, purposes, items)
    values (new.tenant_id, new.selection_id, new.service_id, new.notice_id, new.notice_version, new.purposes, new.items) on conflict do nothing;
  end if;
  return new;
end $$;

alter table consents
  add column selection_id uuid,
  add column received_at timestamptz,
  add column channel text not null default 'tenantScreen' check (channel in ('tenantScreen', 'mynaPortal')),
  add column remind_at timestamptz,
  add column prompt_at timestamptz;
comment on column consents.received_at is 'when J-LIS had it';
comment on column consents.channel is 'where the person agreed: the tenant''s own screen, or the My Number Portal''s consent support';
comment on column consents.remind_at is 'when the person is next to be reminded of it (yearly)';
comment on column consents.prompt_at is 'when a renewal is to be prompted for; null once it was';
create trigger note_selection before insert on consents for each row execute function yonjo_note_selection();

-- Row security would hide every row from the owner, who writes them anew here.
alter table consents no force row level security;
insert into consent_selections (tenant_id, selection_id, service_id, notice_id, notice_version, purposes, items)
select distinct on (tenant_id, yonjo_selection(notice_id, notice_version, purposes, items))
  tenant_id, yonjo_selection(notice_id, notice_version, purposes, items), service_id, notice_id, notice_version, purposes, items
from consents;
update consents set selection_id = yonjo_selection(notice_id, notice_version, purposes, items), remind_at = given_at + interval '1 year',
  prompt_at = valid_until - interval '90 days';
alter table consents force row level security;

-- How many consents stood in each state at the end of a day (Japan), written once the day is over.
create table consent_counts (
  tenant_id uuid not null references tenants,
  day date not null,
  state text not null,
  consents bigint not null,
  primary key (tenant_id, day, state)
);

-- How far the cancellations at J-LIS were followed.
create table source_cursors (
  tenant_id uuid not null references tenants,
  jlis_service_id text not null,
  cursor text not null,
  polled_at timestamptz not null,
  primary key (tenant_id, jlis_service_id)
);

alter table intents drop constraint intents_kind_check,
  add constraint intents_kind_check check (kind in ('forwardConsent', 'renewConsent', 'cancelConsent', 'latestItems'));

-- 証跡原本: sealed to a key that is not here.
create table evidence_envelopes (
  tenant_id uuid not null references tenants,
  envelope_id uuid not null,
  verification_id uuid not null,
  subject_id uuid,
  kind text not null check (kind in ('identityConfirmation', 'documentSignature')),
  key_id text not null,
  sealed bytea,
  sealed_digest bytea not null,
  created_at timestamptz not null,
  contract_ended_at timestamptz,
  retain_until timestamptz,
  shredded_at timestamptz,
  primary key (tenant_id, envelope_id),
  check ((sealed is null) = (shredded_at is not null))
);
comment on column evidence_envelopes.sealed is 'HPKE to the offline public key named by key_id; null once shredded';
comment on column evidence_envelopes.retain_until is 'seven years after the contract''s end; null while the contract stands';

create table evidence_openings (
  tenant_id uuid not null references tenants,
  opening_id uuid not null,
  envelope_id uuid not null,
  opened_by text not null,
  approvers text[] not null check (cardinality(approvers) >= 2),
  reason text not null check (length(reason) between 1 and 500),
  outcome text not null,
  opened_at timestamptz not null,
  primary key (tenant_id, opening_id)
);

do $$
declare t text;
begin
  foreach t in array array['consent_selections', 'consent_counts', 'source_cursors', 'evidence_envelopes', 'evidence_openings'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant_isolation on %I using (tenant_id = yonjo_tenant()) with check (tenant_id = yonjo_tenant())', t);
  end loop;
end $$;

grant select, insert on consent_selections to yonjo_app, yonjo_jobs;
grant select on consent_counts to yonjo_app;
grant select, insert on consent_counts to yonjo_jobs;
grant select, insert, update on source_cursors to yonjo_jobs;
grant select on source_cursors to yonjo_app;
grant select on consent_selections, consent_counts to yonjo_reader;
-- Law 1: what serves can write an envelope, and read none.
grant insert on evidence_envelopes to yonjo_app;
grant select (tenant_id, envelope_id, verification_id, subject_id, kind, key_id, sealed_digest, created_at, contract_ended_at, retain_until,
  shredded_at), update (contract_ended_at, retain_until) on evidence_envelopes to yonjo_app;
grant select (tenant_id, envelope_id, verification_id, subject_id, kind, key_id, sealed_digest, created_at, contract_ended_at, retain_until,
  shredded_at), update (sealed, shredded_at) on evidence_envelopes to yonjo_jobs;
grant select on evidence_envelopes to yonjo_operator;
grant select, insert on evidence_openings to yonjo_operator;
grant select on evidence_openings to yonjo_app, yonjo_reader;
