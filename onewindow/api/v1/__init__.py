from ninja import NinjaAPI

api = NinjaAPI(title="OneWindow", version="1", urls_namespace="api-v1")
