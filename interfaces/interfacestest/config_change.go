package interfacestest

import (
	"slices"

	"github.com/fivcglue/fivcglue-go/interfaces"
)

var configChangeChecks = []configCheck{
	{
		name: "change/set", promise: "SetValue gives a key a value, whether it had one or not",
		run: func(k *configKit) {
			name, keys := k.fullSession()
			session := k.session(name)
			session.SetValue(keys[0], "changed")
			k.want(session, keys[0], "changed", "after SetValue")
			session.SetValue(absentName, "added")
			k.want(session, absentName, "added", "after SetValue of a new key")
			for _, key := range keys[1:] {
				k.want(session, key, k.sample[name][key], "after SetValue of another key")
			}
			want := append(slices.Clone(keys), absentName)
			slices.Sort(want)
			k.wantKeys(session, want, "after SetValue")
		},
	},
	{
		name: "change/set empty", promise: "an empty value is a value",
		run: func(k *configKit) {
			name, keys := k.fullSession()
			session := k.session(name)
			session.SetValue(keys[0], "")
			k.want(session, keys[0], "", "after SetValue of an empty value")
			if !slices.Contains(session.ListKeys(), keys[0]) {
				k.Errorf("ListKeys lacks a key with an empty value")
			}
			if !session.DeleteValue(keys[0]) {
				k.Errorf("DeleteValue of a key with an empty value = false")
			}
		},
	},
	{
		name: "change/delete", promise: "DeleteValue takes a key away and reports whether it was there",
		run: func(k *configKit) {
			name, keys := k.fullSession()
			session := k.session(name)
			if !session.DeleteValue(keys[0]) {
				k.Errorf("DeleteValue of a key that is there = false")
			}
			k.wantNone(session, keys[0], "after DeleteValue")
			k.wantKeys(session, keys[1:], "after DeleteValue")
			if session.DeleteValue(keys[0]) {
				k.Errorf("DeleteValue of a key that was taken away = true")
			}
			session.SetValue(keys[0], "again")
			k.want(session, keys[0], "again", "after SetValue of a key that was taken away")
			if !session.DeleteValue(keys[0]) {
				k.Errorf("DeleteValue of a key that was set = false")
			}
		},
	},
	{
		name: "change/this object only", promise: "a change stays within the session object",
		run: func(k *configKit) {
			name, keys := k.fullSession()
			before, changed := k.session(name), k.session(name)
			changed.SetValue(keys[0], "changed")
			changed.SetValue(absentName, "added")
			changed.DeleteValue(keys[1])
			for when, session := range map[string]interfaces.IConfigSession{
				"of an object that was given before": before,
				"of an object that is given after":   k.session(name),
			} {
				k.want(session, keys[0], k.sample[name][keys[0]], when)
				k.want(session, keys[1], k.sample[name][keys[1]], when)
				k.wantKeys(session, keys, when)
			}
			for other, values := range k.sample {
				if other == name {
					continue
				}
				for key, value := range values {
					k.want(k.session(other), key, value, "of another session than the one that was changed")
				}
			}
		},
	},
	{
		name: "change/lists are the caller's", promise: "the slices that are given are the caller's own",
		run: func(k *configKit) {
			name, keys := k.fullSession()
			session := k.session(name)
			spoil(session.ListKeys())
			k.wantKeys(session, keys, "after the caller changed what ListKeys gave")
			before := k.ListSessions()
			want := slices.Clone(before)
			spoil(before)
			if got := k.ListSessions(); !slices.Equal(got, want) {
				k.Errorf("ListSessions after the caller changed what it gave = %q, want %q", got, want)
			}
		},
	},
}

func spoil(list []string) {
	for i := range list {
		list[i] = "SPOILT"
	}
}
