select id, name, country from customers where id in (select customer_id from orders where day = :'day') order by id
