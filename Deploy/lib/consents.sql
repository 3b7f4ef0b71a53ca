-- Fills one tenant with invented consents and their histories, as a superuser, for measurements. Variables: tenant (uuid), consents (how many, a multiple
-- of 20), selectionsOfOthers (rows of other tenants in consent_selections, so that its plans are those of a platform with many).
--
-- Ids are UUIDv7 of invented times from 2021 on, a consent each half minute; every person has two; of twenty consents twelve stand, one is renewed,
-- two are withdrawn, one each has expired, was superseded, cancelled at J-LIS, revoked, refused. One in 5,000 waits for J-LIS.

-- Foreign keys hold by construction; looking at each would be most of the time.
set session_replication_role = replica;

insert into notices (tenant_id, notice_id, version, language, service_id, title, body, purposes, items, valid_for, withdrawal_method, terms, digest, created_at)
select :'tenant', ('0177abcd-0000-7000-8000-00000000000' || n)::uuid, v, 'ja', s.service_id, '見本の説明', '見本', array['latestItems', 'purpose' || n],
  array['name', 'address', 'dateOfBirth', 'sex'], 'P10Y', '見本', '{}', sha256(convert_to(n || '/' || v, 'UTF8')), '2021-01-01T00:00:00Z'
from generate_series(1, 6) n, generate_series(1, 2) v, (select service_id from services where tenant_id = :'tenant' order by 1 limit 1) s;

insert into subjects (tenant_id, subject_id, reference_index, created_at)
select :'tenant', ('01760000-0000-7000-8000-' || lpad(to_hex(p), 12, '0'))::uuid, sha256(convert_to('customer-' || p, 'UTF8')), '2021-01-01T00:00:00Z'
from generate_series(0, :consents / 2 - 1) p;

create unlogged table invented_consents as
select i, at, ('01760000-0000-7000-8000-' || lpad(to_hex(i / 2), 12, '0'))::uuid as subject_id,
  (lpad(to_hex((extract(epoch from at) * 1000)::int8), 12, '0') || '70008000' || lpad(to_hex(i), 12, '0'))::uuid as consent_id,
  ('0177abcd-0000-7000-8000-00000000000' || 1 + i % 6)::uuid as notice_id, 1 + i / 6 % 2 as notice_version,
  array['latestItems', 'purpose' || 1 + i % 6] as purposes, case when i / 12 % 2 = 0 then array['name', 'address', 'dateOfBirth', 'sex'] else array['address'] end as items,
  case when i % 5000 = 4998 then 'pendingAtSource' when i % 20 < 12 then 'given' when i % 20 = 12 then 'renewed' when i % 20 < 15 then 'withdrawn'
    when i % 20 = 15 then 'expired' when i % 20 = 16 then 'superseded' when i % 20 = 17 then 'cancelledAtSource' when i % 20 = 18 then 'revoked'
    else 'refused' end as state
from (select i, '2021-01-01T00:00:00Z'::timestamptz + i * interval '30 seconds' as at from generate_series(0, :consents - 1) i) one;

insert into consent_selections (tenant_id, selection_id, service_id, notice_id, notice_version, purposes, items)
select :'tenant', yonjo_selection(notice_id, notice_version, purposes, items), 'main', notice_id, notice_version, purposes, items
from (select distinct notice_id, notice_version, purposes, items from invented_consents) one;

insert into consents (tenant_id, consent_id, subject_id, service_id, notice_id, notice_version, notice_digest, language, purposes, items, state, session_id,
  statement_digest, requested_at, given_at, valid_from, valid_until, source_reference, updated_at, at_source, selection_id, received_at, remind_at, prompt_at)
select :'tenant', c.consent_id, c.subject_id, s.service_id, c.notice_id, c.notice_version, sha256(convert_to('n', 'UTF8')), 'ja', c.purposes, c.items, c.state, c.consent_id,
  sha256(convert_to('s', 'UTF8')), c.at, case when c.state not in ('refused', 'pendingAtSource') then c.at + interval '2 seconds' end, c.at,
  c.at + case when c.state = 'expired' then interval '90 days' else interval '30 years' end, 'SIM', c.at, true, s.selection_id, c.at,
  c.at + interval '30 years', null
from invented_consents c join consent_selections s on s.tenant_id = :'tenant' and s.notice_id = c.notice_id and s.notice_version = c.notice_version
  and s.items = c.items;

insert into consent_events (tenant_id, consent_id, sequence, at, state, actor, basis)
select :'tenant', c.consent_id, e.sequence, c.at + e.after, e.state, e.actor, 'invented'
from invented_consents c cross join lateral (values
  (1, interval '0 s', 'requested', 'tenant'),
  (2, interval '2 s', case when c.state in ('refused', 'pendingAtSource') then c.state else 'given' end, 'person'),
  (3, interval '90 days', case when c.state in ('given', 'refused', 'pendingAtSource') then null else c.state end, 'person')
) e(sequence, after, state, actor)
where e.state is not null;

insert into consent_selections (tenant_id, selection_id, service_id, notice_id, notice_version, purposes, items)
select t.tenant_id, gen_random_uuid(), 'main', gen_random_uuid(), 1, array['latestItems'], array['address']
from (select tenant_id, row_number() over (order by tenant_id) - 1 as number, count(*) over () as tenants from tenants where tenant_id <> :'tenant') t
join generate_series(0, :selectionsOfOthers - 1) i on i % t.tenants = t.number;

drop table invented_consents;
reset session_replication_role;
analyze notices, subjects, consents, consent_events, consent_selections;
