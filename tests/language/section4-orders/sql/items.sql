select * from items;
