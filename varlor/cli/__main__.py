from varlor.cli import main

main()
