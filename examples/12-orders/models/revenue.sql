select orders.day, customers.country, count(distinct orders.id) as orders, sum(items.quantity * items.price) as revenue
from items
join orders on orders.id = items.order_id
join customers on customers.id = orders.customer_id
group by orders.day, customers.country
order by customers.country
