// Package file has configurations that are read from files: [YAML] and [JSON]
// are interfaces.IConfig. In a site's file:
//
//	# config.yml
//	- entries:
//	    - interface: interfaces.IConfig
//	  class: file.YAML
//	  file: settings.yml
//
// A settings file is a map of sessions, each a map of keys:
//
//	# settings.yml
//	redis:
//	  host: localhost
//	  port: 6379
//	web:
//	  servers:
//	    - host: a.example.com
//
// All values are strings, as they stand in the file: port is "6379", 007 stays
// "007", 1.10 stays "1.10" and on stays "on". What is null is absent. What lies
// deeper is reached with dots, and the elements of a list by their number from
// 0: the key servers.0.host of the session web. Keys may hold dots themselves;
// two that then mean the same are an error. A value that stands at the top of
// the file, in no session, is a key of the session "". Nothing is expanded: ${
// is ${.
//
// A file that is not there is an empty configuration, unless it is required,
// and so is one that holds nothing. A file that cannot be read, or not as a
// whole, is an error that says where and why. The file is read once.
package file
