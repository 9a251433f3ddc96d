// Package builder makes sites of configurations: lists in YAML or JSON that
// name, for each component, the entries under which it is found and the class
// that implements it.
//
//	# config.yml
//	- entries:
//	    - interface: interfaces.ICache
//	      name: 'Redis'
//	  class: redis.Cache
//	  host: ${REDIS_HOST:-localhost}
//
// A configuration is checked before anything is built, and every problem is
// reported in one pass, in the order of the file, with its line and column:
//
//	config.yml:9:3: redis.Cache: unknown key "prot"; did you mean "port"?
//
// The errors are Diagnostics, which a program may print for a person, as JSON
// or as annotations. Neither they nor what Dump writes show a secret.
//
// What a scalar means is decided by where it goes: a string field takes 0777
// and on as they stand, a whole number takes 6379 and "6379" and nothing else,
// a duration takes 250ms or a number of seconds. References are replaced in
// scalars once the file is parsed: ${NAME}, ${NAME:-default} (also for a
// variable that is empty), ${NAME:?message} and ${file:path}, which loses one
// line break at its end; $${ stands for ${.
package builder
