-- What a tenant shows (notices), whom it knows (subjects, bindings), what was agreed (consents), what waits for a signature (sessions).

create table notices (
  tenant_id uuid not null references tenants,
  notice_id uuid not null,
  version integer not null check (version > 0),
  language text not null check (length(language) between 2 and 35),
  service_id text not null,
  title text not null,
  body text not null,
  purposes text[] not null,
  items text[] not null,
  valid_for text not null,
  withdrawal_method text not null,
  terms jsonb not null,
  digest bytea not null,
  created_at timestamptz not null,
  primary key (tenant_id, notice_id, version),
  foreign key (tenant_id, service_id) references services
);

create table subjects (
  tenant_id uuid not null references tenants,
  subject_id uuid not null,
  reference_index bytea,
  created_at timestamptz not null,
  erased_at timestamptz,
  primary key (tenant_id, subject_id)
);
create index subjects_by_reference on subjects (tenant_id, reference_index) where reference_index is not null;
comment on column subjects.reference_index is 'keyed digest of the tenant''s own customer reference';

create table bindings (
  tenant_id uuid not null,
  binding_id uuid not null,
  subject_id uuid not null,
  kind text not null check (kind in ('signing', 'authentication')),
  serial_index bytea not null,
  serial_sealed bytea not null,
  -- Unknown (null) where J-LIS named the certificate and nobody has presented it yet.
  issuer_key_id bytea,
  medium text check (medium in ('card', 'android', 'iphone')),
  not_before timestamptz,
  not_after timestamptz,
  status text not null check (status in ('valid', 'changed', 'ended', 'unknown')),
  checked_at timestamptz not null,
  method text not null,
  superseded_at timestamptz,
  created_at timestamptz not null,
  primary key (tenant_id, binding_id),
  foreign key (tenant_id, subject_id) references subjects,
  unique (tenant_id, kind, serial_index)
);
create index bindings_by_subject on bindings (tenant_id, subject_id, kind);
comment on table bindings is '紐付け: certificates of a subject; the serial encrypted, found by a keyed index only';

create table sessions (
  tenant_id uuid not null references tenants,
  session_id uuid not null,
  purpose text not null check (purpose in ('onboarding', 'consent', 'withdrawal')),
  client_id text not null,
  origin text not null,
  subject_id uuid,
  to_be_signed bytea not null,
  statement text not null,
  request jsonb not null,
  state text not null check (state in ('awaitingSignature', 'completed', 'refused')),
  attempts integer not null default 0,
  outcome jsonb,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, session_id)
);
comment on table sessions is 'one onboarding, consent or withdrawal that awaits its signature; request and outcome hold ids, digests and codes, never items';

-- Logins and matches are stateless until answered; this is where one is used up, once.
create table used_sessions (
  tenant_id uuid not null references tenants,
  session_id uuid not null,
  key_digest bytea not null,
  fingerprint bytea not null,
  -- Of the answer that used it up: a repeat is told the same evidence, and makes no second.
  verification_id uuid,
  used_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, session_id)
);

create table verifications (
  tenant_id uuid not null references tenants,
  verification_id uuid not null,
  purpose text not null,
  session_id uuid,
  subject_id uuid,
  result text not null,
  reason text,
  method text not null,
  source_time timestamptz,
  document_digest bytea,
  checked_at timestamptz not null,
  primary key (tenant_id, verification_id)
);
create index verifications_by_subject on verifications (tenant_id, subject_id, verification_id);

create table status_checks (
  tenant_id uuid not null,
  check_id uuid not null,
  subject_id uuid not null,
  purpose text not null check (purpose in ('signatureVerification', 'livenessCheck')),
  method text not null,
  signing text not null,
  authentication text not null,
  checked_at timestamptz not null,
  primary key (tenant_id, check_id),
  foreign key (tenant_id, subject_id) references subjects
);
create index status_checks_by_subject on status_checks (tenant_id, subject_id, check_id);

create table consents (
  tenant_id uuid not null,
  consent_id uuid not null,
  subject_id uuid not null,
  service_id text not null,
  notice_id uuid not null,
  notice_version integer not null,
  notice_digest bytea not null,
  language text not null,
  purposes text[] not null,
  items text[] not null,
  state text not null,
  session_id uuid not null,
  statement_digest bytea not null,
  requested_at timestamptz not null,
  given_at timestamptz,
  valid_from timestamptz,
  valid_until timestamptz,
  source_reference text,
  updated_at timestamptz not null,
  at_source boolean not null,
  primary key (tenant_id, consent_id),
  foreign key (tenant_id, subject_id) references subjects,
  foreign key (tenant_id, notice_id, notice_version) references notices
);
create index consents_by_subject on consents (tenant_id, subject_id, consent_id);
create index consents_by_state on consents (tenant_id, state, consent_id);

create table consent_events (
  tenant_id uuid not null,
  consent_id uuid not null,
  sequence integer not null check (sequence > 0),
  at timestamptz not null,
  state text not null check (state in ('requested', 'refused', 'pendingAtSource', 'given', 'renewed', 'expired', 'invalidated', 'revoked', 'withdrawn',
    'withdrawnLocally', 'superseded', 'cancelledAtSource')),
  actor text not null,
  basis text not null,
  primary key (tenant_id, consent_id, sequence),
  foreign key (tenant_id, consent_id) references consents
);
comment on table consent_events is 'append-only: the state as of any instant is the newest event not after it; consents.state is this list''s last line, kept for queries';

create table intents (
  tenant_id uuid not null references tenants,
  intent_id uuid not null,
  kind text not null check (kind in ('forwardConsent', 'cancelConsent', 'latestItems')),
  subject_id uuid not null,
  consent_id uuid not null,
  payload_sealed bytea,
  state text not null check (state in ('open', 'done', 'refused')),
  created_at timestamptz not null,
  done_at timestamptz,
  primary key (tenant_id, intent_id)
);
create index intents_open on intents (tenant_id, intent_id) where state = 'open';
comment on table intents is 'law 11: what J-LIS is about to be asked, written before the call; the payload is encrypted and emptied once J-LIS has it';
create index withdrawal_sessions on sessions (tenant_id, (request->>'consentID'), session_id) where purpose = 'withdrawal';
