select order_id, product, quantity, price from items where day = :'day' order by order_id, product
