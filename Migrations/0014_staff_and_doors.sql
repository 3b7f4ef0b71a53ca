-- Compliance staff of a tenant with their sessions, and the doors through which a person sees the own consents.

create table staff (
  tenant_id uuid not null references tenants,
  staff_id uuid not null,
  name text not null check (length(name) between 1 and 64),
  role text not null check (role in ('viewer', 'officer', 'administrator')),
  password_hash bytea,
  totp_sealed bytea,
  totp_step bigint not null default 0,
  enrolment_digest bytea,
  enrolment_until timestamptz,
  failures integer not null default 0 check (failures >= 0),
  locked_until timestamptz,
  created_at timestamptz not null,
  suspended_at timestamptz,
  primary key (tenant_id, staff_id),
  unique (tenant_id, name)
);
comment on column staff.password_hash is 'scrypt, with its salt and cost; null until enrolled';
comment on column staff.totp_sealed is 'RFC 6238 secret, encrypted';
comment on column staff.totp_step is 'the newest time step whose code was taken: no code is taken twice';

-- Attempts by address, whoever they were meant for; the address as a keyed digest.
create table staff_addresses (
  tenant_id uuid not null references tenants,
  address_index bytea not null,
  attempts integer not null,
  window_start timestamptz not null,
  primary key (tenant_id, address_index)
);

create table staff_sessions (
  tenant_id uuid not null,
  session_digest bytea not null check (octet_length(session_digest) = 32),
  staff_id uuid not null,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, session_digest),
  foreign key (tenant_id, staff_id) references staff
);
create index staff_sessions_by_staff on staff_sessions (tenant_id, staff_id);
create index staff_sessions_expired on staff_sessions (tenant_id, expires_at);

create table person_doors (
  tenant_id uuid not null,
  door_id uuid not null,
  subject_id uuid not null,
  verification_id uuid not null,
  language text not null check (language in ('ja', 'en')),
  link_digest bytea not null check (octet_length(link_digest) = 32),
  link_until timestamptz not null,
  session_digest bytea check (octet_length(session_digest) = 32),
  session_until timestamptz,
  created_at timestamptz not null,
  primary key (tenant_id, door_id),
  foreign key (tenant_id, subject_id) references subjects
);
create index person_doors_by_link on person_doors (tenant_id, link_digest);
create index person_doors_by_session on person_doors (tenant_id, session_digest) where session_digest is not null;
comment on column person_doors.verification_id is 'the card login that let the person in';

do $$
declare t text;
begin
  foreach t in array array['staff', 'staff_addresses', 'staff_sessions', 'person_doors'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy tenant_isolation on %I using (tenant_id = yonjo_tenant()) with check (tenant_id = yonjo_tenant())', t);
  end loop;
end $$;

grant select, insert, update on staff to yonjo_app, yonjo_operator;
grant select, insert, update, delete on staff_sessions to yonjo_app;
grant select, insert, update on staff_addresses, person_doors to yonjo_app;
grant select, delete on staff_sessions to yonjo_operator;
grant select, delete on staff_sessions, staff_addresses, person_doors to yonjo_jobs;
