//go:build requirement

// Package languagehost keeps Pulumi's Node.js language host in go.mod: `go mod tidy` follows this import, no build ever compiles it.
package languagehost

import _ "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"
