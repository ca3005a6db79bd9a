package spec

// NeedKind says what kind of thing a requirement needs.
type NeedKind string

const (
	// Credential needs are further credentials, beside the admin's that every run has.
	Credential NeedKind = "credential"
	// Feature needs are what the org must be able to do, beside the operations themselves.
	Feature NeedKind = "feature"
)

// Need is something without which some requirements cannot be judged.
type Need struct {
	Name string
	Kind NeedKind
	// Consent tells that the check touches what others rely on, or costs much, and therefore waits for the operator's
	// word.
	Consent bool
	// Meaning says in one line what is needed.
	Meaning string
}

// Needs are all needs that the catalogue may name.
var Needs = []Need{
	{Name: "reader", Kind: Credential, Meaning: "a credential that may read roles and change none"},
	{Name: "outsider", Kind: Credential, Meaning: "a valid credential of somebody without admin rights"},
	{Name: "throttled", Kind: Credential, Meaning: "a credential whose rate limit a few requests exhaust"},
	{Name: "scopeless", Kind: Credential, Meaning: "an OAuth 2.0 access token that has no scope for roles"},

	{Name: "users", Kind: Feature, Meaning: "users can be made and removed"},
	{Name: "groups", Kind: Feature, Meaning: "groups can be made and removed"},
	{Name: "group-members", Kind: Feature, Meaning: "users can be put into groups"},
	{Name: "apps", Kind: Feature, Meaning: "app instances can be made and removed"},
	{Name: "client-apps", Kind: Feature, Meaning: "client apps can be made and removed"},
	{Name: "catalog-apps", Kind: Feature, Meaning: "at least two apps of the catalog can be targets"},
	{Name: "custom-roles", Kind: Feature, Meaning: "custom roles can be made and removed"},
	{Name: "resource-sets", Kind: Feature, Meaning: "resource sets can be made and removed"},
	{Name: "group-rules", Kind: Feature, Meaning: "rules that fill a group can be made and removed"},
	{Name: "iam-governance", Kind: Feature, Meaning: "there are standard roles built on resource sets"},
	{Name: "third-party-admin", Kind: Feature, Meaning: "principals can be third-party admins"},
	{Name: "expand", Kind: Feature, Meaning: "targets can be embedded in lists of roles"},
	{Name: "many-groups", Kind: Feature, Consent: true,
		Meaning: "more than twenty groups may be made at once, which takes some seventy writes"},
	{Name: "builtin-group-consent", Kind: Feature, Consent: true,
		Meaning: "a role may be tried on a built-in group, whose members are everybody in the org"},
}

// NeedNamed returns the need of that name.
func NeedNamed(name string) (Need, bool) {
	return first(Needs, func(n Need) bool { return n.Name == name })
}
