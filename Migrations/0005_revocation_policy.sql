-- How a tenant's revocation is decided beyond the method, and what each decision went by.

alter table tenants
  add column revocation_fallback_seconds integer not null default 129600 check (revocation_fallback_seconds between 3600 and 604800),
  add column revocation_override_reason text check (length(revocation_override_reason) between 1 and 500),
  add column revocation_override_by text check (length(revocation_override_by) between 1 and 200),
  add column revocation_override_until timestamptz,
  add constraint revocation_override_whole
    check (num_nulls(revocation_override_reason, revocation_override_by, revocation_override_until) in (0, 3));
comment on column tenants.revocation_fallback_seconds is 'how old a list may be that stands in for OCSP (policy ocspThenCrl)';
comment on column tenants.revocation_override_until is 'until then an unknown revocation is let pass, for the reason and by the operator named';

alter table verifications
  add column revocation_purpose text check (revocation_purpose in ('signatureVerification', 'livenessCheck')),
  add column source_age_seconds integer,
  add column revocation_override boolean not null default false;
comment on column verifications.source_age_seconds is 'checked_at less source_time: how old the word on revocation was';
comment on column verifications.revocation_override is 'the word was unknown and passed by the tenant''s override';

alter table status_checks
  add column source_time timestamptz,
  add column source_age_seconds integer,
  add column reason text;
