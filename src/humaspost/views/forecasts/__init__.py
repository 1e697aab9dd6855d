"""The words of forecasts: the plan, the line under a preview, the price."""
