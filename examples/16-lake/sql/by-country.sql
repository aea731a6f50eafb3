SELECT CAST($day AS DATE) AS day, country, count(*) AS orders, sum(total) AS revenue
FROM orders
GROUP BY country
ORDER BY country
