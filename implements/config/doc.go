// Package config has configurations that are not files: [Environment] is what
// the environment says, [Values] is what stands in the site's own file, and
// [Overlay] puts several configurations over each other. All are
// interfaces.IConfig; those from files are in package file.
//
// Environment variables over a file over defaults:
//
//	# config.yml
//	- entries:
//	    - interface: interfaces.IConfig
//	  class: config.Overlay
//	  layers: [Environment, File, Defaults]
//
//	- entries:
//	    - {interface: interfaces.IConfig, name: Environment}
//	  class: config.Environment
//	  prefix: SHOP_
//
//	- entries:
//	    - {interface: interfaces.IConfig, name: File}
//	  class: file.YAML
//	  file: settings.yml
//
//	- entries:
//	    - {interface: interfaces.IConfig, name: Defaults}
//	  class: config.Values
//	  sessions:
//	    redis: {host: localhost, port: 6379}
//
// Here SHOP_REDIS__HOST=db.example.com has the session redis say host =
// db.example.com, whatever the file has.
package config
