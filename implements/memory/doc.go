// Package memory holds components that live within this process: they need no
// server, are as fast as the process itself, and end with it.
//
//	memory.Cache      interfaces.ICache
//	memory.MutexSite  interfaces.IMutexSite
//	memory.QueueSite  interfaces.IQueueSite
//
// They keep the same promises as their counterparts on a server, so that a
// program can be written and tested with them, and run with the others after
// an edit of its file. What they cannot do is share anything with another
// process.
package memory
