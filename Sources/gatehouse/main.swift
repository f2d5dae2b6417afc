import Commands

await Gatehouse.main()
