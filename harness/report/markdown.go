package report
func Markdown(r *Report) ([]byte, error) { return nil, nil }
func SARIF(r *Report) ([]byte, error) { return nil, nil }
func Badge(r *Report) ([]byte, error) { return nil, nil }
func BadgeJSON(r *Report) ([]byte, error) { return nil, nil }
