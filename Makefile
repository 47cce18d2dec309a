FEEDH := .build/release/feedh
