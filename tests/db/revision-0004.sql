-- A database at revision 0004: as the one before, and one template is there.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0004');
CREATE TABLE depths (
	printer_id CHAR(32) NOT NULL, 
	jobs INTEGER NOT NULL, 
	CONSTRAINT pk_depths PRIMARY KEY (printer_id)
);
INSERT INTO "depths" VALUES('9ac01c14dd095d51b2b7c34ff66430cd',1);
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	type VARCHAR(40) NOT NULL, 
	printer_id CHAR(32), 
	job_id CHAR(32), 
	data JSON NOT NULL, 
	created_at VARCHAR(27) NOT NULL
);
CREATE TABLE idempotency_keys (
	caller VARCHAR(100) NOT NULL, 
	"key" VARCHAR(255) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	job_id CHAR(32) NOT NULL, 
	created_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_idempotency_keys PRIMARY KEY (caller, "key")
);
CREATE TABLE job_labels (
	job_id CHAR(32) NOT NULL, 
	first_page INTEGER NOT NULL, 
	copies INTEGER NOT NULL, 
	fields JSON NOT NULL, 
	problem VARCHAR(40), 
	detail TEXT, 
	CONSTRAINT pk_job_labels PRIMARY KEY (job_id, first_page)
)
 WITHOUT ROWID

;
INSERT INTO "job_labels" VALUES('000000000000000000000000000010c8',0,2,'{"title": "Drill", "tags": ["a", "b"]}',NULL,NULL);
INSERT INTO "job_labels" VALUES('000000000000000000000000000010c8',2,1,'{"title": "S\u00e4ge"}',NULL,NULL);
CREATE TABLE "jobs" (
	number INTEGER NOT NULL, 
	id CHAR(32) NOT NULL, 
	printer_id CHAR(32), 
	template_key VARCHAR(80) NOT NULL, 
	template_digest VARCHAR(64) NOT NULL, 
	need_family VARCHAR(10), 
	need_width_mm FLOAT, 
	need_length_mm FLOAT, 
	media JSON, 
	state VARCHAR(10) NOT NULL, 
	reason VARCHAR(40), 
	detail TEXT, 
	evidence VARCHAR(20), 
	priority INTEGER NOT NULL, 
	result JSON, 
	error TEXT, 
	labels_total INTEGER NOT NULL, 
	labels_sent INTEGER NOT NULL, 
	labels_done INTEGER NOT NULL, 
	parent_job_id CHAR(32), 
	submitted_by VARCHAR(100) NOT NULL, 
	cancel_requested BOOLEAN NOT NULL, 
	created_at VARCHAR(27) NOT NULL, 
	updated_at VARCHAR(27) NOT NULL, 
	started_at VARCHAR(27), 
	sending_at VARCHAR(27), 
	finished_at VARCHAR(27), 
	any_printer BOOLEAN DEFAULT 0 NOT NULL, 
	options JSON DEFAULT '{}' NOT NULL, 
	labels_failed INTEGER DEFAULT '0' NOT NULL, 
	count_base BIGINT, 
	claim CHAR(32), 
	pause_requested BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_jobs PRIMARY KEY (number), 
	CONSTRAINT uq_jobs_id UNIQUE (id), 
	CONSTRAINT fk_jobs_template_digest FOREIGN KEY(template_digest) REFERENCES template_versions (digest)
);
INSERT INTO "jobs" VALUES(1,'000000000000000000000000000010c8','9ac01c14dd095d51b2b7c34ff66430cd','demo','0000000000000000000000000000000000000000000000000000000000000000',NULL,NULL,NULL,NULL,'queued',NULL,NULL,NULL,0,NULL,NULL,3,0,0,NULL,'local',0,'2026-01-02T03:04:05.000000Z','2026-01-02T03:04:05.000000Z',NULL,NULL,NULL,0,'{"auto_cut": true, "half_cut": false, "high_resolution": false}',0,NULL,NULL,0);
CREATE TABLE leases (
	name VARCHAR(60) NOT NULL, 
	owner VARCHAR(100) NOT NULL, 
	until VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_leases PRIMARY KEY (name)
);
CREATE TABLE printers (
	id CHAR(32) NOT NULL, 
	slug VARCHAR(60) NOT NULL, 
	name VARCHAR(100) NOT NULL, 
	model VARCHAR(60) NOT NULL, 
	driver VARCHAR(60) NOT NULL, 
	backend VARCHAR(10) NOT NULL, 
	host VARCHAR(253) NOT NULL, 
	port INTEGER NOT NULL, 
	snmp BOOLEAN NOT NULL, 
	snmp_port INTEGER NOT NULL, 
	snmp_community VARCHAR(255) NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	paused BOOLEAN NOT NULL, 
	declared BOOLEAN NOT NULL, 
	created_at VARCHAR(27) NOT NULL, 
	updated_at VARCHAR(27) NOT NULL, serial VARCHAR(100), site VARCHAR(60) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_printers PRIMARY KEY (id), 
	CONSTRAINT uq_printers_slug UNIQUE (slug)
);
INSERT INTO "printers" VALUES('9ac01c14dd095d51b2b7c34ff66430cd','workshop','Workshop','PT-P750W','brother-pt','tcp','192.0.2.7',9100,1,161,'public',1,0,1,'2026-01-02T03:04:02.000000Z','2026-01-02T03:04:03.000000Z','C0Z6430cd','');
INSERT INTO "printers" VALUES('00000000000000000000000000001001','by-hand','By hand','QL-820NWB','brother-ql','tcp','fd00::7',9101,0,1161,'private',0,1,0,'2026-01-02T03:04:02.123456Z','2026-01-02T03:04:03.123456Z',NULL,'');
CREATE TABLE statuses (
	printer_id CHAR(32) NOT NULL, 
	status JSON NOT NULL, 
	CONSTRAINT pk_statuses PRIMARY KEY (printer_id)
);
CREATE TABLE template_versions (
	digest VARCHAR(64) NOT NULL, 
	definition TEXT NOT NULL, 
	created_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_template_versions PRIMARY KEY (digest)
);
INSERT INTO "template_versions" VALUES('0000000000000000000000000000000000000000000000000000000000000000','key: demo','2026-01-02T03:04:04.000000Z');
CREATE TABLE templates (
	id CHAR(32) NOT NULL, 
	"key" VARCHAR(80) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	source VARCHAR(10) NOT NULL, 
	created_at VARCHAR(27) NOT NULL, 
	updated_at VARCHAR(27) NOT NULL, 
	CONSTRAINT pk_templates PRIMARY KEY (id), 
	CONSTRAINT fk_templates_digest FOREIGN KEY(digest) REFERENCES template_versions (digest), 
	CONSTRAINT uq_templates_key UNIQUE ("key")
);
INSERT INTO "templates" VALUES('00000000000000000000000000003001','demo','0000000000000000000000000000000000000000000000000000000000000000','seed','2026-01-02T03:04:04.000000Z','2026-01-02T03:04:05.000000Z');
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
CREATE INDEX ix_jobs_waiting ON jobs (printer_id, need_family, need_width_mm, need_length_mm, priority DESC, number) WHERE state = 'queued';
CREATE INDEX ix_jobs_queue ON jobs (printer_id, state, priority DESC, number) WHERE finished_at IS NULL;
CREATE UNIQUE INDEX uq_jobs_printing ON jobs (printer_id) WHERE state = 'printing';
CREATE INDEX ix_jobs_state ON jobs (state, number);
CREATE INDEX ix_jobs_printer ON jobs (printer_id, number);
CREATE INDEX ix_jobs_printer_state ON jobs (printer_id, state, number);
CREATE INDEX ix_jobs_created ON jobs (created_at);
CREATE INDEX ix_jobs_template ON jobs (template_digest);
CREATE INDEX ix_jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX ix_events_created_at ON events (created_at);
DELETE FROM "sqlite_sequence";
COMMIT;
