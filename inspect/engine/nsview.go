package engine

import "github.com/nsview/nsview/inspect/snapshot"

// nsview names the containers of nsview run that are detached or have a name.
// The others have none: that is no gap.
func (s *search) nsview(v view) {
	dirs := []string{"/run/nsview"}
	users, err := v.list("/run/user")
	s.problem("nsview", v, "/run/user", err)
	for _, uid := range users {
		dirs = append(dirs, "/run/user/"+uid+"/nsview")
	}
	for _, dir := range dirs {
		for _, id := range s.ids(v, dir, "nsview") {
			var c struct{ ID, Name string }
			if err := v.readJSON(dir+"/"+id+"/state.json", &c); err != nil {
				s.problem("nsview", v, dir, err)
				continue
			}
			s.add(snapshot.Container{Engine: "nsview", ID: c.ID, Name: c.Name})
		}
	}
}
