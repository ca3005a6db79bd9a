package report

import _ "embed"

// SchemaJSON is the JSON Schema (draft 2020-12) of report.json.
//
//go:embed report.schema.json
var SchemaJSON []byte
