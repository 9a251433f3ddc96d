package redis

import "testing"

// What servers before Redis 7 say of a command that a script has made.
func TestReplyToACommandOfAScript(t *testing.T) {
	const before = "ERR Error running script (call to f_1028a5dba704e1d8a01fd96efeba25bb78f62df2): @user_script:4: @user_script: 4: "
	for text, want := range map[string]failure{
		"READONLY You can't write against a read only replica.":                                   elsewhere,
		before + "-READONLY You can't write against a read only replica.":                         elsewhere,
		before + "-OOM command not allowed when used memory > 'maxmemory'.":                       unable,
		before + "-NOREPLICAS Not enough good replicas to write.":                                 unable,
		before + "-NOPERM The user executing the script can't run this command or subcommand":     invalid,
		before + "WRONGTYPE Operation against a key holding the wrong kind of value":              invalid,
		before + "Script attempted to access a non local key in a cluster node":                   invalid,
		"ERR wrong number of arguments: -OOM is none of them":                                     invalid,
		"OOM command not allowed when used memory > 'maxmemory'. script: 10, on @user_script:12.": unable,
	} {
		if got := classifyReply(text); got != want {
			t.Errorf("%q is taken for failure %d, want %d", text, got, want)
		}
	}
}
