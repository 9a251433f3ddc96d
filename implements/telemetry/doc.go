// Package telemetry has components that stand before others and tell
// OpenTelemetry what those do: a cache before a cache, mutexes before mutexes,
// queues before queues. A file puts one there by naming it:
//
//   - class: redis.Cache
//     entries: [{interface: interfaces.ICache, name: store}]
//   - class: telemetry.Cache
//     cache: store
//     system: redis
//     entries: [{interface: interfaces.ICache}]
//
// The package uses OpenTelemetry's API alone. As long as the program sets no
// provider (otel.SetMeterProvider, otel.SetTracerProvider) a call is passed on
// without further ado and without an allocation; a provider may be set before
// or after the components are built.
//
// Names follow the semantic conventions (db.client.*, messaging.*) where they
// have one, and begin with fivcglue. where they do not. Neither metrics nor
// spans hold keys, values, patterns, bodies or the names of mutexes. The names
// of queues, and of the entries that a cache or mutexes stand before
// (fivcglue.component), are in both: there are few of them.
//
// A span is made where the caller has one that is recorded, and for each
// message that is handled.
package telemetry
