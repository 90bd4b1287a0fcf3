"""Values of options that nobody typed: of a settings file, and of ``NERFORGE_*`` variables."""
