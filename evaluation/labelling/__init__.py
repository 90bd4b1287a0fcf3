"""The labelling loop: tasks for annotators, what comes back, how far annotators agree, what to label next."""
