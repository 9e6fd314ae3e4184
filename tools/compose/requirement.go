//go:build requirement

// Package compose keeps Docker Compose in go.mod: `go mod tidy` follows this import, no build ever compiles it.
package compose

import _ "github.com/docker/compose/v2/cmd"
