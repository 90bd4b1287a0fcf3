"""The program that trains, seen from outside: its command, its environment, its output, its keys."""
