package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	t.Chdir("../..")
	var out strings.Builder
	if err := run(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"db.client.operation.duration{db.operation.name=GetValue, db.system.name=memory, fivcglue.component=store} 2\n",
		"fivcglue.cache.lookups{db.system.name=memory, fivcglue.cache.result=hit, fivcglue.component=store} 1\n",
		"fivcglue.cache.lookups{db.system.name=memory, fivcglue.cache.result=miss, fivcglue.component=store} 1\n",
		"fivcglue.queue.retries{messaging.destination.name=orders, messaging.operation.name=process, messaging.system=memory} 1\n",
		"messaging.client.consumed.messages{messaging.destination.name=orders, messaging.operation.name=process, messaging.system=memory} 3\n",
		"client SetValue {db.operation.name=SetValue,db.system.name=memory,fivcglue.component=store}\n",
		"consumer process orders {error.type=_OTHER,messaging.destination.name=orders,messaging.operation.name=process,messaging.operation.type=process,messaging.system=memory} Error: _OTHER\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("not said: %s", want)
		}
	}
	for _, secret := range []string{"cart:1", "apples", "pears"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%s is said", secret)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}
