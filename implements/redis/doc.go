// Package redis implements the contracts of package interfaces on Redis: on one
// server, on a master with replicas that Sentinels watch, or on a Cluster.
//
// A component connects by itself, in the background: a server that is down or
// refuses the password neither stops a site from being built nor holds it up.
// Calls then fail at once with interfaces.ErrUnavailable or
// interfaces.ErrInvalid, and work again as soon as the server does. What
// changes is said once through the site's logger, topic fivcglue.redis.
//
// In a Cluster that goes for each node by itself: while one is out of order the
// keys of all others are served.
//
// Components of one site with equal connection settings share one client,
// which is closed with the last of them.
package redis
