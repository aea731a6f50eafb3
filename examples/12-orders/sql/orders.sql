select id, day, customer_id from orders where day = :'day' order by id
