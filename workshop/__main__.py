"""`python -m workshop` is `workshop`."""

from workshop.cli import main

if __name__ == "__main__":
    main()
