// Package redis implements the contracts of package interfaces on a Redis
// server: the cache, with what its other classes stand on too.
//
// A component connects by itself, in the background: a server that is down or
// refuses the password neither stops a site from being built nor holds it up.
// Calls then fail at once with interfaces.ErrUnavailable or
// interfaces.ErrInvalid, and work again as soon as the server does. What
// changes is said once through the site's logger, topic fivcglue.redis.
//
// Components of one site with equal connection settings share one client,
// which is closed with the last of them.
package redis
