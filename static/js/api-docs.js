/* Interactive API documentation. Calls use the session of the signed-in user, or a token. */

const container = document.querySelector("#api-docs");

window.SwaggerUIBundle({
  domNode: container,
  url: container.dataset.schema,
  deepLinking: true,
  displayOperationId: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  requestInterceptor(request) {
    request.headers["X-CSRFToken"] = container.dataset.csrf;
    return request;
  },
});
