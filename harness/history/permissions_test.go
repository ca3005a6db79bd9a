package history

import "testing"

func TestPermissionsAsPut(t *testing.T) {
	const id, other = "cr0aaaaaaaaaaaaaaaaa", "cr0bbbbbbbbbbbbbbbbb"
	const role, byLabel, second = "/api/v1/iam/roles/" + id + "/permissions", "/api/v1/iam/roles/Helpers/permissions", "/api/v1/iam/roles/" + other + "/permissions"
	const read, manage = "/okta.users.read", "/okta.users.manage"
	one := func(label, role string) string {
		return `{"label":"` + label + `","_links":{"role":{"href":"` + org + `/api/v1/iam/roles/` + role + `"}}}`
	}
	listed := func(path string, labels ...string) step {
		items := make([]string, len(labels))
		for i, l := range labels {
			items[i] = one(l, id)
		}
		return get(path, `{"permissions":`+array(items...)+`}`)
	}
	create := func(path string) step { return step{send: "POST " + path, status: 204} }
	replace := func(path string) step {
		return step{send: "PUT " + path, status: 200, answer: one("okta.users.read", id)}
	}
	runSequences(t, []sequence{
		{name: "created and listed", steps: []step{create(role + read), listed(role, "okta.users.read")}},
		{name: "created and missing", steps: []step{create(role + read), listed(role)}, want: []string{"x2 history-permissions-as-put should"}},
		{name: "replaced and missing", steps: []step{replace(role + read), listed(role)}, want: []string{"x2 history-permissions-as-put should"}},
		{name: "deleted and gone", steps: []step{remove(role + read), listed(role, "okta.users.manage"), get(role+read, "").with(404)}},
		{name: "deleted and listed", steps: []step{remove(role + read), listed(role, "okta.users.read")}, want: []string{"x2 history-permissions-as-put should"}},
		{name: "deleted and readable", steps: []step{remove(role + read), get(role+read, one("okta.users.read", id))}, want: []string{"x2 history-permissions-as-put should"}},
		{name: "by label throughout", steps: []step{create(byLabel + read), listed(byLabel)}, want: []string{"x2 history-permissions-as-put should"}},
		{name: "label that an answer explained", steps: []step{listed(byLabel, "okta.users.manage"), create(role + read), listed(byLabel, "okta.users.manage")},
			want: []string{"x3 history-permissions-as-put should"}},
		{name: "two roles", steps: []step{create(role + read), create(second + read), listed(role)}, want: []string{"x3 history-permissions-as-put should"}},

		{name: "created again", steps: []step{remove(role + read), create(role + read), listed(role, "okta.users.read")}},
		{name: "merely seen", steps: []step{listed(role, "okta.users.read"), listed(role)}},
		{name: "refused", steps: []step{create(role + read).with(400), listed(role), remove(role + manage).with(404), listed(role, "okta.users.manage")}},
		{name: "removal that found nothing", steps: []step{create(role + read), remove(role + read).with(404), listed(role)}},
		{name: "of unknown outcome", steps: []step{create(role + read), remove(role + read).with(500), listed(role)}},
		{name: "not found in between", steps: []step{create(role + read), get(role+read, "").with(404), listed(role)}},
		{name: "perhaps removed by the label", steps: []step{create(role + read), remove(byLabel + read), listed(role)}},
		{name: "perhaps created by the id", steps: []step{remove(byLabel + read), create(role + read), listed(byLabel, "okta.users.read")}},
		{name: "role changed", steps: []step{create(role + read), {send: "PUT /api/v1/iam/roles/" + id, status: 200, answer: "{}"}, listed(role)}},
		{name: "role removed by its label", steps: []step{create(role + read), remove("/api/v1/iam/roles/Helpers"), listed(role)}},
		{name: "at the same time", steps: []step{create(role+read).at(0, 10), listed(role).at(5, 15), remove(role+read).at(20, 30), create(role+read).at(25, 35), listed(role).at(40, 50)}},
		{name: "part of a list", steps: []step{create(role + read), next(listed(role), role+"?after=c1")}},
		{name: "unreadable", steps: []step{create(role + read), get(role, `[]`), get(role, `{}`), get(role, `{"permissions":[]}`).with(500)}},
	})
}
