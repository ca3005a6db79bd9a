package sdk

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// miniOrg is as much of an org as the steps need that no stage answers.
type miniOrg struct {
	n           int
	roles       map[string][]object
	targets     map[string][]string
	permissions map[string]object
	mux         *http.ServeMux
}

const (
	testToken = "00testTokenOfTheOrg"
	testLabel = "help desk of the north"
)

func testFixtures() Fixtures {
	return Fixtures{
		User: "00u1", Group: "00g1", Client: "0oa1", TargetGroups: [2]string{"00g2", "00g3"},
		CatalogApps: [2]string{"salesforce", "zoom"}, App: "0oa2", AppName: "bookmark",
		CustomRole: "cr01", CustomRoleLabel: testLabel, ResourceSet: "iam1",
	}
}

func newMiniOrg() *miniOrg {
	o := &miniOrg{roles: map[string][]object{}, targets: map[string][]string{}, permissions: map[string]object{}, mux: http.NewServeMux()}
	for _, p := range []struct{ path, kind string }{
		{"/oauth2/v1/clients/{id}/roles", "CLIENT"}, {"/api/v1/groups/{id}/roles", "GROUP"}, {"/api/v1/users/{id}/roles", "USER"},
	} {
		o.on("GET "+p.path, func(w http.ResponseWriter, r *http.Request) { o.list(w, r) })
		o.on("POST "+p.path, func(w http.ResponseWriter, r *http.Request) { o.assign(w, r, p.kind) })
		o.on("GET "+p.path+"/{role}", func(w http.ResponseWriter, r *http.Request) { o.get(w, r) })
		o.on("DELETE "+p.path+"/{role}", func(w http.ResponseWriter, r *http.Request) { o.remove(w, r) })
		o.onTargets(p.path + "/{role}/targets/")
	}
	o.on("GET /api/v1/iam/assignees/users", func(w http.ResponseWriter, _ *http.Request) {
		write(w, 200, object{"value": []any{sampleAssignee("00u1")}, "_links": object{}})
	})
	const permissions = "/api/v1/iam/roles/{name}/permissions"
	o.on("GET "+permissions, func(w http.ResponseWriter, _ *http.Request) {
		list := []any{}
		for _, name := range slices.Sorted(maps.Keys(o.permissions)) {
			list = append(list, o.permissions[name])
		}
		write(w, 200, object{"permissions": list})
	})
	o.on("GET "+permissions+"/{permission}", o.permission)
	o.on("PUT "+permissions+"/{permission}", func(w http.ResponseWriter, r *http.Request) {
		o.grant(r)
		o.permission(w, r)
	})
	o.on("POST "+permissions+"/{permission}", func(w http.ResponseWriter, r *http.Request) {
		o.grant(r)
		w.WriteHeader(204)
	})
	o.on("DELETE "+permissions+"/{permission}", func(w http.ResponseWriter, r *http.Request) {
		delete(o.permissions, r.PathValue("permission"))
		w.WriteHeader(204)
	})
	return o
}

// onTargets answers for the targets of roles at a path.
func (o *miniOrg) onTargets(targets string) {
	o.on("GET "+targets+"catalog/apps", func(w http.ResponseWriter, r *http.Request) {
		write(w, 200, o.targetsOf(r, "catalog/apps/", func(key string) any {
			if _, id, ok := strings.Cut(key, "/"); ok {
				return sampleInstance(id)
			}
			return sampleCatalogApp(key)
		}))
	})
	o.on("GET "+targets+"groups", func(w http.ResponseWriter, r *http.Request) {
		write(w, 200, o.targetsOf(r, "groups/", func(id string) any { return sampleGroup(id) }))
	})
	o.on("PUT "+targets+"{target...}", func(w http.ResponseWriter, r *http.Request) {
		key := r.PathValue("role")
		o.targets[key] = append(o.targets[key], r.PathValue("target"))
		status := 204
		if r.PathValue("target") == "catalog/apps" {
			status = 200
		}
		w.WriteHeader(status)
	})
	o.on("DELETE "+targets+"{target...}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
}

func (o *miniOrg) on(pattern string, h http.HandlerFunc) { o.mux.HandleFunc(pattern, h) }

func (o *miniOrg) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "SSWS "+testToken {
		write(w, 401, object{"errorCode": "E0000011"})
		return
	}
	o.mux.ServeHTTP(w, r)
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// holder is the path of a principal's roles.
func holderOf(r *http.Request) string {
	before, _, _ := strings.Cut(r.URL.Path, "/roles")
	return before
}

func (o *miniOrg) list(w http.ResponseWriter, r *http.Request) {
	list := []any{}
	for _, role := range o.roles[holderOf(r)] {
		if r.URL.Query().Has("expand") {
			with := object{"_embedded": sampleStandardRole("", "")["_embedded"]}
			for name, v := range role {
				with[name] = v
			}
			role = with
		}
		list = append(list, role)
	}
	write(w, 200, list)
}

func (o *miniOrg) assign(w http.ResponseWriter, r *http.Request, kind string) {
	var asked struct{ Type string }
	_ = json.NewDecoder(r.Body).Decode(&asked)
	o.n++
	id := fmt.Sprintf("ra1%d", o.n)
	role := sampleStandardRole(id, kind)
	if asked.Type == "CUSTOM" || asked.Type == "ACCESS_REQUESTS_ADMIN" {
		role = sampleCustomRole(id, kind)
	}
	delete(role, "_embedded")
	role["type"] = asked.Type
	o.roles[holderOf(r)] = append(o.roles[holderOf(r)], role)
	status := 200
	if kind == "USER" {
		status = 201
	}
	write(w, status, role)
}

func (o *miniOrg) at(r *http.Request) int {
	return slices.IndexFunc(o.roles[holderOf(r)], func(role object) bool { return role["id"] == r.PathValue("role") })
}

func (o *miniOrg) get(w http.ResponseWriter, r *http.Request) {
	if i := o.at(r); i >= 0 {
		write(w, 200, o.roles[holderOf(r)][i])
		return
	}
	write(w, 404, object{"errorCode": "E0000007"})
}

func (o *miniOrg) remove(w http.ResponseWriter, r *http.Request) {
	if i := o.at(r); i >= 0 {
		o.roles[holderOf(r)] = slices.Delete(o.roles[holderOf(r)], i, i+1)
		w.WriteHeader(204)
		return
	}
	write(w, 404, object{"errorCode": "E0000007"})
}

func (o *miniOrg) grant(r *http.Request) {
	p := samplePermission("cr01", r.PathValue("permission"))
	p["conditions"] = nil
	var body struct{ Conditions any }
	if json.NewDecoder(r.Body).Decode(&body) == nil {
		p["conditions"] = body.Conditions
	}
	o.permissions[r.PathValue("permission")] = p
}

func (o *miniOrg) permission(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if p := o.permissions[r.PathValue("permission")]; p != nil && (name == "cr01" || name == testLabel) {
		write(w, 200, p)
		return
	}
	write(w, 404, object{"errorCode": "E0000007"})
}

func (o *miniOrg) targetsOf(r *http.Request, prefix string, show func(string) any) []any {
	out := []any{}
	for _, target := range o.targets[r.PathValue("role")] {
		if key, ok := strings.CutPrefix(target, prefix); ok {
			out = append(out, show(key))
		}
	}
	return out
}

// failing is an org that refuses everything.
var failing = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	write(w, 503, object{"errorCode": "E0000010"})
})
