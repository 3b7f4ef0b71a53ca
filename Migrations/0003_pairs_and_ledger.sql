-- 対: the card's tag and the ledger's tag of one subject; the ledger's nightly changes.

create table pairs (
  tenant_id uuid not null,
  pair_id uuid not null,
  subject_id uuid not null,
  state text not null check (state in ('needsDecision', 'active', 'stale', 'pending')),
  ledger_ref_index bytea,
  ledger_ref_sealed bytea,
  decided_by text,
  decision_basis text,
  decide_until timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, pair_id),
  foreign key (tenant_id, subject_id) references subjects,
  check ((state = 'needsDecision') = (decide_until is not null))
);
create index pairs_by_subject on pairs (tenant_id, subject_id);
create index pairs_by_ledger_ref on pairs (tenant_id, ledger_ref_index) where ledger_ref_index is not null;
create index pairs_by_state on pairs (tenant_id, state, pair_id);
create index pairs_undecided on pairs (tenant_id, decide_until) where decide_until is not null;

create table pair_tags (
  tenant_id uuid not null,
  side text not null check (side in ('card', 'ledger')),
  stored_tag bytea not null check (length(stored_tag) between 32 and 128),
  pair_id uuid not null,
  key_version integer not null,
  primary key (tenant_id, side, stored_tag, pair_id),
  foreign key (tenant_id, pair_id) references pairs on delete cascade
);
create index pair_tags_by_pair on pair_tags (tenant_id, pair_id);

create table ledger_jobs (
  tenant_id uuid not null references tenants,
  job_id uuid not null,
  client_id text not null,
  key_digest bytea not null,
  state text not null check (state in ('receiving', 'stored', 'applying', 'done')),
  sender_lock bigint,
  received bigint not null default 0,
  running_digest bytea not null,
  deleted bigint not null default 0,
  activated bigint not null default 0,
  unknown bigint not null default 0,
  invalid bigint not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, job_id),
  unique (tenant_id, client_id, key_digest)
);

create table ledger_lines (
  tenant_id uuid not null,
  job_id uuid not null,
  line bigint not null,
  before_tags bytea[] not null,
  after_tags bytea[],
  after_versions integer[],
  ref_index bytea,
  invalid_reason text,
  primary key (tenant_id, job_id, line),
  foreign key (tenant_id, job_id) references ledger_jobs on delete cascade
);
create index ledger_lines_invalid on ledger_lines (tenant_id, job_id, line) where invalid_reason is not null;
