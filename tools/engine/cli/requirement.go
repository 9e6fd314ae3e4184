//go:build requirement

// Package cli keeps the Pulumi CLI in go.mod: `go mod tidy` follows this import, no build ever compiles it.
package cli

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
