SELECT station,
       count(*) AS readings,
       round(avg(celsius), 1) AS mean,
       round(avg(CASE WHEN hour < :night THEN celsius END), 1) AS at_night
FROM clean
GROUP BY station
ORDER BY mean DESC
