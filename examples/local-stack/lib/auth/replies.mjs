// @ts-check
import { jsonReply } from '../reply.mjs';

/** A refusal in the format of the auth service; may be thrown anywhere below a route. */
export class AuthError extends Error {
  /**
   * @param {number} status
   * @param {string} errorCode
   * @param {string} message
   * @param {object} [extra] further fields of the body
   */
  constructor(status, errorCode, message, extra = {}) {
    super(message);
    this.status = status;
    this.errorCode = errorCode;
    this.extra = extra;
  }

  reply() {
    const { status, errorCode, message, extra } = this;
    return jsonReply(status, { code: status, error_code: errorCode, msg: message, ...extra });
  }
}
