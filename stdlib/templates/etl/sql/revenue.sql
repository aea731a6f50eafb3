SELECT country, count(*) AS orders, sum(total) AS revenue
FROM orders JOIN customers USING (customer)
WHERE total >= :least
GROUP BY country
ORDER BY revenue DESC
