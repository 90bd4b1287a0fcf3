"""Model hubs: their names, what is fetched from them, what lies in their caches, what their errors mean."""
