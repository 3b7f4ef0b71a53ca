-- yonjo: no transaction
-- What the console's first page asks for: consents that people ended, by month. A year of all events is too much to read for one chart.
drop index concurrently if exists consent_events_of_endings;
create index concurrently consent_events_of_endings on consent_events (tenant_id, at, consent_id)
  where state in ('withdrawn', 'withdrawnLocally', 'cancelledAtSource');
