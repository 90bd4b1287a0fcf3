"""What every room needs and none owns: errors, files, child processes, optional packages, hubs, printing."""
